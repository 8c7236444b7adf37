"""HTTP/1.1 as uvicorn speaks it, except that what is no HTTP is refused as all else is: with a problem document."""

from __future__ import annotations

import json
from http import HTTPStatus

from uvicorn.protocols.http.h11_impl import H11Protocol

from facility.api.problem import MEDIA_TYPE, problem_document


class ProblemProtocol(H11Protocol):
    """One connection. No application sees what cannot be parsed, so that its middleware cannot answer either."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what came, and close."""
        started = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not started:  # in the middle of another answer a refusal would be taken for a part of it
            body = json.dumps(problem_document(HTTPStatus.BAD_REQUEST, msg)).encode()
            headers = (
                "HTTP/1.1 400 Bad Request",
                f"Content-Type: {MEDIA_TYPE}",
                f"Content-Length: {len(body)}",
                "Cache-Control: no-store",
                "X-Content-Type-Options: nosniff",
                "Connection: close",
            )
            self.transport.write("\r\n".join((*headers, "", "")).encode() + body)
        self.transport.close()
