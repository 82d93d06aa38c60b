"""The headers that every answer carries, whichever door made it."""

from flask import current_app, g, request, session

from backoffice.core.web.nonce import csp_nonce

PRIVATE = ("/admin", "/api", "/language")
# Only these ask anybody to come back later.
WAITS = (429, 503)
YEAR = 365 * 24 * 3600

# What a page could ask the browser for, and none of ours does.
UNUSED = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-create",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in UNUSED),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add(response):
    """Add the headers, leaving alone what a view has said more exactly itself."""
    said = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - it iterates over pairs
    for name, value in (*EVERYWHERE.items(), ("Content-Security-Policy", policy())):
        if name.lower() not in said:
            response.headers.add(name, value)
    if response.status_code not in WAITS:
        # What counts the requests adds it to every answer that it counted.
        response.headers.pop("Retry-After", None)
    response.headers["X-Request-ID"] = g.get("request_id", "-")
    if _over_tls():
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR}; includeSubDomains"
    # What may be kept for ever is the same for everybody: its name changes with what is in it.
    if not (_is_static() or response.cache_control.immutable):
        _keep_private(response)
    return response


def policy():
    """Return what a browser may load and run on this page."""
    # Imported posts show pictures from the places they were written for.
    pictures = "'self' data:" if _is_private() else "'self' data: https:"
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{csp_nonce()}'",
            "style-src 'self'",
            f"img-src {pictures}",
            "connect-src 'self'",
            "object-src 'none'",
            "frame-src 'none'",
            "worker-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        )
    )


def _keep_private(response):
    signed_in = "_user_id" in session
    if signed_in or _is_private() or request.method not in {"GET", "HEAD"} or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    response.vary.update(("Cookie", "Accept-Language"))


def _is_private():
    # Flask-Security's own pages: signing in, changing and resetting a password.
    return request.blueprint == "security" or _under(PRIVATE)


def _under(places):
    return any(request.path == place or request.path.startswith(f"{place}/") for place in places)


def _is_static():
    return (request.endpoint or "").rpartition(".")[2] == "static"


def _over_tls():
    # In production the address is https even where a proxy speaks plain HTTP to this process.
    return request.is_secure or current_app.config["BACKOFFICE_ENV"] == "production"
