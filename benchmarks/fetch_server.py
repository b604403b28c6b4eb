"""A loopback HTTP/1.1 server that costs next to nothing: every request gets the same 1 kB answer.

It prints its port and serves until it is ended: `python benchmarks/fetch_server.py`. In a process of its own it is
several times faster than any Python client, so that what is measured is the client.
"""

import asyncio
import json
from typing import cast

from dialflo_pipeline.event_loop import run

CALL = {
    "agent_name": "ONEST",
    "call_context": {"candidate": "A. Person", "lead_id": 12345, "campaign": "spring"},
    "call_insights": {
        "metadata": {
            "degree": "No",
            "call_time": "20th March 10 AM",
            "current_job": "",
            "current_city": "",
            "expected_salary": None,
            "notice_period": "two months",
        },
        "user_interest": {
            "status": "Unclear",
            "confidence_score": 0.0,
            "reasoning": "The person did not give a clear answer to any of the questions that were put to them.",
        },
        "next_action": {"value": "REDIAL", "reason": "The person took no part in the talk after the first words."},
    },
    "call_summary": "A short talk in which the person was asked five questions and gave an answer to two of them.",
    "call_recording_url": "https://recordings.example/v1/0f8fad5b-d9cb-469f-a165-70867728950e.mp3",
    "from_number": "918035736461",
    "to_number": "918035736462",
    "call_status": "ANSWERED",
    "call_duration": 23.0,
    "answer_time": "2025-06-25 10:57:05+05:30",
    "end_time": "2025-06-25 10:59:05+05:30",
    "hangup_source": "callee",
}
BODY = json.dumps([CALL]).encode()
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n" % len(BODY)
) + BODY


class Answering(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.rest = b""

    def data_received(self, data: bytes) -> None:
        *heads, self.rest = (self.rest + data).split(b"\r\n\r\n")
        self.transport.write(ANSWER * len(heads))


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    run(serve())
