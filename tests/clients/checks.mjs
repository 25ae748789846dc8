// One line per check: `ok NAME`, `not ok NAME: why`, `skip NAME: why`. `cargo xtask test` counts them.

/** The hub under test, as `watchkeep demo --json` told it. */
export const hub = {
  url: need('WATCHKEEP_URL'),
  token: need('WATCHKEEP_TOKEN'),
  tenant: need('WATCHKEEP_TENANT'),
  risk: need('WATCHKEEP_MCP_RISK'),
};

/** The tools of the risk connector that an analyst sees. */
export const TOOLS = [
  'fetch', 'get_asset_inventory', 'get_kri', 'get_risk', 'get_run', 'list_controls', 'list_integrations',
  'list_kris', 'list_outcomes', 'list_proposals', 'list_risks', 'list_simulations', 'list_vendors',
  'run_integration', 'search', 'submit_dropzone_artifact',
];
/** Those of them that write. */
export const WRITING = ['run_integration', 'submit_dropzone_artifact'];
/** Its prompts. */
export const PROMPTS = ['red_kris', 'review_queue', 'top_risks', 'weekly_risk_brief'];

/** The same token with its last character changed: well-formed, and nobody's. */
export function wrongToken() {
  const last = hub.token.at(-1) === '0' ? '1' : '0';
  return hub.token.slice(0, -1) + last;
}

let failed = 0;

/** Runs a check and tells how it went; what it returns is given back, `undefined` if it failed. */
export async function check(name, what) {
  try {
    const got = await what();
    console.log(`ok ${name}`);
    return got;
  } catch (error) {
    failed += 1;
    const why = error instanceof Error ? error.message : String(error);
    console.log(`not ok ${name}: ${why.replaceAll(/\s+/g, ' ').slice(0, 600)}`);
    return undefined;
  }
}

/** Says that a check was not made. */
export function skip(name, why) {
  console.log(`skip ${name}: ${why}`);
}

/** Fails the check unless something holds. */
export function expect(holds, why) {
  if (!holds) throw new Error(why);
}

/** Fails the check unless two values are the same as JSON, whatever the order of their fields. */
export function same(got, wanted, what) {
  const [a, b] = [sorted(got), sorted(wanted)];
  expect(a === b, `${what}: got ${a}, wanted ${b}`);
}

/** Fails the check unless `what` throws; gives the error. */
export async function refused(what, why) {
  try {
    await what();
  } catch (error) {
    return error;
  }
  throw new Error(why);
}

/** Ends the driver. */
export function done() {
  process.exit(failed === 0 ? 0 : 1);
}

function sorted(value) {
  return JSON.stringify(value, (_, inner) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function need(name) {
  const value = process.env[name];
  if (!value) {
    console.error(`${name} is not set; \`cargo xtask test --all\` sets it`);
    process.exit(2);
  }
  return value;
}
