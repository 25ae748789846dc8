// The listener of a client on this computer: one redirect after the other.
import http from 'node:http';

/** Listens on a free port; `uri` is the redirect URI. */
export async function loopback(host = '127.0.0.1', path = '/callback') {
  const waiting = [];
  const came = [];
  const server = http.createServer((request, response) => {
    response.end('You may close this window.');
    const params = new URL(request.url, 'http://localhost').searchParams;
    const next = waiting.shift();
    if (next) next(params);
    else came.push(params);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    port,
    uri: `http://${host}:${port}${path}`,
    /** The parameters of the next redirect. */
    next: () => (came.length > 0 ? Promise.resolve(came.shift()) : new Promise((resolve) => waiting.push(resolve))),
    close: () => server.close(),
  };
}
