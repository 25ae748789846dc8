// The suite sends no token, so this stands between: it adds one, and leaves everything else as it is.
import http from 'node:http';

/** Listens on a free port of 127.0.0.1; without a token the endpoint itself is given back. */
export async function withToken(endpoint, token) {
  if (!token) return { url: endpoint, close() {} };
  const hub = new URL(endpoint);
  let own;
  const server = http.createServer((request, response) => {
    const headers = { ...request.headers };
    // our name is the hub's name; a foreign one stays foreign, for the checks of Host and Origin
    if (headers.host === own) headers.host = hub.host;
    if (headers.origin === `http://${own}`) headers.origin = hub.origin;
    headers.authorization ??= `Bearer ${token}`;
    const { hostname, port } = hub;
    const passed = http.request({ hostname, port, method: request.method, path: request.url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', (error) => response.destroy(error));
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  own = `127.0.0.1:${server.address().port}`;
  return { url: `http://${own}${hub.pathname}`, close: () => server.close() };
}
