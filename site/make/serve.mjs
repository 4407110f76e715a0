// npm run site:preview: gives out site/dist. `--port 8080`, `--path /some/where`, `--isolated` for shared memory.
import { createServer } from 'node:http';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import sirv from 'sirv';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));

/** @returns {Promise<{ url: string, close(): void }>} */
export async function serve({ port = 0, path = '/', isIsolated = false } = {}) {
  const give = sirv(DIST, { dev: true });
  const prefix = path.replace(/\/$/, '');
  const server = createServer((request, response) => {
    if (isIsolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    const nothing = () => response.writeHead(404).end();
    if (!request.url.startsWith(`${prefix}/`)) return nothing();
    request.url = request.url.slice(prefix.length);
    give(request, response, nothing);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${prefix}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8080' },
      path: { type: 'string', default: '/' },
      isolated: { type: 'boolean', default: false },
    },
  });
  const { url } = await serve({ port: Number(values.port), path: values.path, isIsolated: values.isolated });
  console.log(url);
}
