"""A web server that is slow, or large, as it is asked: server.py PORT PAGE

    GET  /           the page
    GET  /wait?5     the page, after 5 s
    GET  /drip?5     the page's letters as a body of 5 s, one piece every 100 ms
    GET  /give?1000  1000 bytes
    PUT  /           how many bytes were taken
"""

import asyncio
import sys

PORT, PAGE = int(sys.argv[1]), sys.argv[2].encode()
PIECE = bytes(range(256)) * 256


async def answer(reader, writer):
    try:
        while line := await reader.readline():
            method, path, _ = line.decode().split(" ", 2)
            path, _, number = path.partition("?")
            length, close, wait = 0, False, False
            while header := (await reader.readline()).strip().lower():
                name, _, value = header.partition(b":")
                length = int(value) if name == b"content-length" else length
                close |= name == b"connection" and b"close" in value
                wait |= name == b"expect"
            if wait:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            taken = 0
            while taken < length:
                piece = await reader.read(min(65536, length - taken))
                if not piece:
                    return
                taken += len(piece)
            body = PAGE
            if method == "PUT":
                body = PAGE + b" took %d" % taken
            if path == "/wait":
                await asyncio.sleep(float(number))
            if path == "/drip":
                pieces = [PAGE[:1]] * int(float(number) * 10)
            elif path == "/give":
                whole, rest = divmod(int(number), len(PIECE))
                pieces = [PIECE] * whole + [PIECE[:rest]]
            else:
                pieces = [body]
            size = sum(map(len, pieces))
            head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size
            # With the head: whoever kills this server does not find half of a short answer said.
            pieces[0] = head + pieces[0]
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                if path == "/drip":
                    await asyncio.sleep(0.1)
            if close:
                return
    except (OSError, ValueError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(answer, None, PORT, backlog=4096)
    async with server:
        await server.serve_forever()


asyncio.run(main())
