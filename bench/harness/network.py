"""Networks that misbehave: far away, and silent."""

from __future__ import annotations

import asyncio
import socket
import threading


class Proxy:
    """Forwards to a local port and holds what goes each way back for half of a round trip; in a thread of its own,
    until the `with` block is left.
    """

    def __init__(self, port: int, round_trip: float):
        self.port = 0
        self._target = port
        self._delay = round_trip / 2
        self._writers: set = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *exc):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for writer in self._writers:
            writer.transport.abort()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _accept(self, reader, writer) -> None:
        self._writers.add(writer)
        # The handshake of a distant host takes a round trip, too; here it shows as the first answer's delay.
        await asyncio.sleep(self._delay * 2)
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(up_writer)
            await asyncio.gather(self._pump(reader, up_writer), self._pump(up_reader, writer))
        except OSError:
            writer.close()

    async def _pump(self, reader, writer) -> None:
        loop = asyncio.get_running_loop()
        while True:
            data = await reader.read(65536)
            # Later, not after a pause: what follows must not wait for what went before.
            loop.call_later(self._delay, self._forward, writer, data)
            if not data:
                return

    @staticmethod
    def _forward(writer, data) -> None:
        if writer.is_closing():
            return
        if data:
            writer.write(data)
        else:
            writer.close()


class BlackHole:
    """A port whose connections are never accepted nor refused: its backlog is full, so the kernel drops what asks to
    connect.
    """

    def __enter__(self):
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        self._fillers = []
        for _ in range(64):
            filler = socket.socket()
            filler.settimeout(0.2)
            self._fillers.append(filler)
            try:
                filler.connect(("127.0.0.1", self.port))
            except OSError:
                break
        return self

    def __exit__(self, *exc):
        for each in (*self._fillers, self._listener):
            each.close()
