// SPDX-License-Identifier: GPL-3.0-or-later
// What a sick identity provider answers. A mode is set for one endpoint or for `all`.
import crypto from 'node:crypto';

const MEGABYTE = Buffer.alloc(1024 * 1024, 0x20);

function pour(response, megabytes, begin) {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.write(begin);
  let left = megabytes;
  const more = () => {
    while (left-- > 0) {
      if (!response.write(MEGABYTE)) {
        response.once('drain', more);
        return;
      }
    }
    response.end('}');
  };
  more();
}

/// True when it took care of the answer; a promise, as `slow` waits first.
export async function trouble(mode, request, response) {
  switch (mode?.mode) {
    case undefined:
    case 'ok':
      return false;
    case 'slow': // answers well, but late
      await new Promise((done) => setTimeout(done, mode.delayMs ?? 1000));
      return false;
    case 'down':
      response.writeHead(mode.status ?? 503, { 'Content-Type': 'text/html' });
      response.end('<h1>Service Unavailable</h1>');
      return true;
    case 'hang': // never answers
      return true;
    case 'drop':
      request.socket.destroy();
      return true;
    case 'huge':
      pour(response, mode.megabytes ?? 100, '{"keys":[],"padding":"');
      return true;
    case 'redirect-loop':
      response.writeHead(302, { Location: `${request.url.split('?')[0]}?${crypto.randomUUID()}` });
      response.end();
      return true;
    case 'redirect': // to `location`
      response.writeHead(mode.status ?? 302, { Location: mode.location });
      response.end();
      return true;
    case 'answer': // `status`, `body`, `type` as given
      response.writeHead(mode.status ?? 200,
        { 'Content-Type': mode.type ?? 'application/json', ...mode.headers });
      response.end(typeof mode.body === 'string' ? mode.body : JSON.stringify(mode.body ?? {}));
      return true;
    case 'garbage':
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end('{"keys": [{"kty": "RSA", "n": 7}, nonsense');
      return true;
    default:
      response.writeHead(500);
      response.end(`There is no mode ${mode.mode}.`);
      return true;
  }
}
