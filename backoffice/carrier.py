"""Celery, which carries the keys of jobs to workers on any host; all that is true of a job stands in its row."""

import hmac
import logging
import os
import threading

from celery import Celery, signals
from kombu import Exchange, Queue
from kombu.exceptions import KombuError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from backoffice.core.jobs import announcing, crew, leases, worker
from backoffice.core.model import db

log = logging.getLogger(__name__)
EXTENSION = "carrier"
# Seconds for Redis to answer: a request that asks for a job is held up by no more.
TIMES = {"socket_timeout": 5, "socket_connect_timeout": 2}
MOST_SENT = 200  # jobs that are sent again at a time
GOODBYE = 25  # seconds in which jobs end their steps when their worker is told to stop
SETTINGS = {
    "accept_content": ["json"],
    "task_serializer": "json",
    "task_ignore_result": True,
    # A key is acknowledged when its job has ended and fetched when there is somebody free to do it, so none waits
    # behind a long job. What is lost nevertheless, the leases bring back: nothing waits for a time-out of Redis.
    "task_acks_late": True,
    "worker_prefetch_multiplier": 1,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_transport_options": TIMES,
    "worker_enable_remote_control": False,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
}


def init_app(app):
    """Carry the jobs that this application is asked for."""
    app.extensions[EXTENSION] = carrier = Carrier(app)
    announcing.tell(app, carrier.send)


def queue_of(secret):
    """Return what the queue is called in Redis: other installations that use the same Redis have other secrets."""
    return f"jobs.{hmac.digest(secret.encode(), b'queue of jobs', 'sha256').hex()[:16]}"


class Carrier:
    """The way of jobs to workers: a list of keys in Redis, the same for all processes of this installation."""

    def __init__(self, app):
        """Name the queue; nothing is connected yet."""
        self.app, self.stop = app, threading.Event()
        self.queue = queue_of(app.secret_key)
        self.celery = Celery("backoffice", broker=app.config["REDIS_URL"], set_as_default=False)
        # Celery tries for long to reach a Redis that is not there; who only asks for a job is not to wait for that.
        once = Retry(NoBackoff(), 0)
        self.redis = Redis.from_url(app.config["REDIS_URL"], retry=once, **TIMES)
        # Nothing is declared, so nothing is missed when Redis is emptied: a key goes to the list of this name.
        queue = Queue(self.queue, Exchange(""), routing_key=self.queue, no_declare=True)
        self.celery.conf.update(SETTINGS, task_queues=[queue], task_default_queue=self.queue)

        @self.celery.task(name="backoffice.do_job")
        def do_job(key):
            worker.turn(app, self.stop.is_set, key)

        self.task = do_job

    def send(self, keys):
        """Let a worker somewhere do these jobs; where Redis does not answer they wait until it does."""
        try:
            self.redis.ping()
            for key in keys:
                self.task.apply_async((key,), exchange="", routing_key=self.queue, retry=False)
        except (KombuError, RedisError, OSError) as error:
            log.warning("Redis does not take the keys of jobs (%s); they are sent again when it does.", error)
        except Exception:
            # What was asked for is stored by now: nobody is to be told that it failed.
            log.exception("The keys of jobs could not be sent.")

    def close(self):
        """Let go of the connections to Redis."""
        self.celery.close()
        self.redis.close()

    def work(self, threads):
        """Do the jobs whose keys arrive, so many at a time, until told to stop by SIGTERM or SIGINT."""
        quiet = dict.fromkeys(("quiet", "without_gossip", "without_mingle", "without_heartbeat"), True)
        signals.worker_shutting_down.connect(self._told, weak=False)
        # Somebody who listens to this has set up the log already: ours.
        signals.setup_logging.connect(_keep_log, weak=False)
        reaper = threading.Thread(target=crew.run, args=(self.app, self.stop, self.reap), name="reaper", daemon=True)
        reaper.start()
        while not self.stop.is_set():
            # Celery gives up when its list holds what it cannot read; what it cannot read it has taken from there.
            self.celery.Worker(pool="threads", concurrency=threads, queues=[self.queue], **quiet).start()
            self.stop.wait(crew.PAUSE)
        reaper.join()

    def reap(self, app, stopping):
        """Send the keys of jobs that nobody has and that no message speaks of; without Redis, do one of them here."""
        try:
            waiting = self.redis.llen(self.queue)
        except RedisError as error:
            log.debug("Redis does not answer: %s", error)
            return worker.turn(app, stopping)
        if not waiting:
            with app.app_context():
                self.send(leases.free(db.session(), MOST_SENT))
        return False

    def _told(self, *_arguments, **_named):
        self.stop.set()
        # Whoever hangs in a step is not waited for: the lease of the job ends, and another goes on with it.
        late = threading.Timer(GOODBYE, os._exit, (1,))
        late.daemon = True
        late.start()


def _keep_log(**_named):
    return None
