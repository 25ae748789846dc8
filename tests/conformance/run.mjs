// The MCP conformance suite, three revisions, against one endpoint: `node run.mjs BASELINE.yaml`.
//
// The baseline names what may fail, and why. A new failure fails, and so does an entry that no longer does. A scenario is
// one check; what the baseline takes out as a whole is told as a remark and not counted.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Baseline } from './baseline.mjs';
import { withToken } from './proxy.mjs';

// the last one with the extensions that its requirements name
const REVISIONS = {
  '2025-06-18': ['--suite', 'all', '--spec-version', '2025-06-18'],
  '2025-11-25': ['--suite', 'all', '--spec-version', '2025-11-25'],
  '2026-07-28': ['--requirements', '2026-07-28'],
};
const clients = createRequire(new URL('../clients/package.json', import.meta.url));
const SUITE = fileURLToPath(new URL('../clients/node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));

const text = readFileSync(new URL(process.argv[2], import.meta.url), 'utf8');
const baseline = new Baseline(clients('yaml').parse(text));
const proxy = await withToken(process.env.WATCHKEEP_MCP_RISK, process.env.WATCHKEEP_TOKEN);
const folder = mkdtempSync(join(tmpdir(), 'wk-conformance-'));

let failed = false;
function tell(line) {
  failed ||= line.startsWith('not ok');
  console.log(line);
}

for (const [revision, which] of Object.entries(REVISIONS)) {
  const out = join(folder, revision);
  const { output } = await suite('server', '--url', proxy.url, ...which, '-o', out);
  const results = read(out);
  for (const scenario of new Set([...(await scenarios(revision)), ...results.keys()])) {
    const checks = results.get(scenario);
    tell(checks ? baseline.judge(revision, scenario, checks) : `not ok ${revision} ${scenario}: it did not run`);
  }
  if (results.size === 0) console.log(output.slice(-2000));
}
for (const line of baseline.stale()) tell(line);

rmSync(folder, { recursive: true, force: true });
proxy.close();
process.exit(failed ? 1 : 0);

/** Runs the suite; its exit code says less than what it writes. */
function suite(...words) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SUITE, ...words], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** The suite's server scenarios of a revision, as it lists them. */
async function scenarios(revision) {
  const { output } = await suite('list');
  const lines = output.split(/\n\s*\n/)[0].matchAll(/^\s+- (\S+) \[([^\]]+)\]/gm);
  return [...lines].filter(([, , revisions]) => revisions.split(',').includes(revision)).map(([, name]) => name);
}

/** What each scenario found: a folder `server-SCENARIO-TIME` with `checks.json`. */
function read(out) {
  const results = new Map();
  for (const name of readdirSync(out)) {
    const scenario = name.match(/^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/)?.[1];
    if (scenario) results.set(scenario, JSON.parse(readFileSync(join(out, name, 'checks.json'), 'utf8')));
  }
  return results;
}
