"""What several doors need of a request: what may be sent, where it may lead, and what is said when it is refused."""
