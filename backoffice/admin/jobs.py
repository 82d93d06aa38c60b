"""What a finished job leaves to be fetched."""

from flask import abort, request, send_file, url_for
from flask_admin import expose

from backoffice.admin.bulk.results import of_job, partly
from backoffice.admin.view import ResourceView
from backoffice.core import imports
from backoffice.core.access import fetch
from backoffice.core.catalogues import gettext as _
from backoffice.core.jobs import ENDED, Job
from backoffice.core.model import db
from backoffice.core.transfer.exports import KINDS, file_of


class JobView(ResourceView):
    """The pages of jobs, and the files that some of them made."""

    def admits(self, name):
        """Tell whether the acting person may come in; files are for those who may read their jobs."""
        return super().admits("details_view" if name == "file_view" else name)

    def links(self, row):
        """Return the addresses of what the job made, for the one who may fetch it."""
        found = file_of(db.session(), self.user, row)
        if found:
            return ((_("Download the file"), url_for("job.file_view", id=row.id)),)
        return of_job(self.user, row) or self._imported(row)

    def partly(self, row):
        """Return what is to be said of a job that ended well but was refused some rows, or ""."""
        return partly(row)

    def _imported(self, row):
        """Return where it is said what became of the lines of a table, and where those that were refused are."""
        if row.name != imports.NAME or row.user_id != self.user.id or row.state not in ENDED:
            return ()
        page, report = f"{row.arguments['plan']['model']}.import_view", imports.report_of(row)
        links = ((_("See what became of the lines"), url_for(page, job=row.id)),) if report else ()
        if (report and not report.refused) or imports.refused_of(row) is None:
            return links
        return (*links, (_("Refused lines as CSV"), url_for(page, job=row.id, refused="1")))

    @expose("/file/")
    def file_view(self):
        """Send the file of a job, or the part of it that is still wanted."""
        session = db.session()
        row = fetch(session, self.user, "read", Job, request.args.get("id"))
        found = file_of(session, self.user, row)
        if found is None:
            abort(404, _("There is no such file, or not any more."))
        mimetype, suffix = KINDS[row.arguments["form"]]
        name = f"{row.arguments['model']}-{row.created_at:%Y-%m-%d}.{suffix}"
        # Nothing of the request must hold a connection while somebody slow reads a large file.
        session.close()
        return send_file(found, mimetype, as_attachment=True, download_name=name, conditional=True, max_age=0)
