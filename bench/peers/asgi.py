"""What the peers on ASGI share: each answer tells its number of statements."""

HEADER = b"x-statements"


class Told:
    """An ASGI application that adds the number of statements to each answer of another."""

    def __init__(self, app, tally):
        self.app, self.tally = app, tally

    async def __call__(self, scope, receive, send):
        """Pass the request on."""
        self.tally.statements = 0

        async def tell(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (HEADER, str(self.tally.statements).encode())]
            await send(message)

        await self.app(scope, receive, tell)
