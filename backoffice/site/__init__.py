"""What visitors see: the published posts and pages; and where members may, what they say under them."""

from backoffice.site import lost, programs, revalidation, saying, standing, views

programs.attach(views.blueprint)
saying.attach(views.blueprint)
views.blueprint.before_request(standing.give)
views.blueprint.after_request(revalidation.answer)
views.blueprint.before_app_request(lost.unknown)
views.blueprint.register_error_handler(404, lost.not_found)


def init_app(app):
    """Serve the public pages, and answer unknown addresses in their dress."""
    standing.init_app(app)
    app.register_blueprint(views.blueprint)
