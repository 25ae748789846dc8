// What may fail, and why.
//
// absent:                     scenarios that ask for something which is not there; at least one check of each must fail
//   SCENARIO[@REVISION]: why
// hollow:                     scenarios that pass only because what they would try is not there
//   SCENARIO[@REVISION]: why
// failing:                    single checks of scenarios that otherwise pass
//   SCENARIO/CHECK[@REVISION]: why

export class Baseline {
  #absent;
  #hollow;
  #failing;
  #used = new Set();

  constructor({ absent, hollow, failing }) {
    this.#absent = absent ?? {};
    this.#hollow = hollow ?? {};
    this.#failing = failing ?? {};
    for (const [entry, why] of this.#all()) {
      if (typeof why !== 'string' || why.length < 10) throw new Error(`the baseline does not say why ${entry} may fail`);
    }
  }

  /** One line about a scenario: `ok`, `not ok`, or a remark on one that is absent. */
  judge(revision, scenario, checks) {
    const name = `${revision} ${scenario}`;
    const failures = checks.filter((check) => check.status === 'FAILURE');
    const absent = this.#entry(this.#absent, scenario, revision);
    if (absent) {
      if (failures.length > 0) return `# absent: ${name} (${this.#absent[absent]})`;
      return `not ok ${name}: it passes, take ${absent} out of the baseline`;
    }
    const hollow = this.#entry(this.#hollow, scenario, revision);
    const fresh = [];
    const expected = new Set();
    for (const { id, errorMessage } of failures) {
      const entry = this.#entry(this.#failing, `${scenario}/${id}`, revision);
      if (entry) expected.add(entry);
      else fresh.push(`${id}: ${errorMessage ?? 'no reason told'}`);
    }
    const listed = Object.keys(this.#failing).filter((entry) => applies(entry, `${scenario}/`, revision));
    const stale = listed.filter((entry) => !expected.has(entry) && checks.some(({ id }) => covers(entry, scenario, id)));
    if (fresh.length > 0) return `not ok ${name}: ${fresh.join('; ').replaceAll(/\s+/g, ' ').slice(0, 800)}`;
    if (stale.length > 0) return `not ok ${name}: it passes, take ${stale.join(', ')} out of the baseline`;
    if (hollow) return `# hollow: ${name} (${this.#hollow[hollow]})`;
    if (!checks.some(({ status }) => status === 'SUCCESS')) return `# nothing to check: ${name}`;
    return `ok ${name}${expected.size > 0 ? ` (but for ${expected.size} in the baseline)` : ''}`;
  }

  /** A line for each entry that no scenario asked for. */
  stale() {
    const gone = this.#all().filter(([entry]) => !this.#used.has(entry));
    return gone.map(([entry]) => `not ok baseline: nothing asks for ${entry}, take it out`);
  }

  #all() {
    return [this.#absent, this.#hollow, this.#failing].flatMap((entries) => Object.entries(entries));
  }

  #entry(entries, name, revision) {
    const entry = [`${name}@${revision}`, name].find((key) => Object.hasOwn(entries, key));
    if (entry) this.#used.add(entry);
    return entry;
  }
}

const applies = (entry, start, revision) =>
  entry.startsWith(start) && (!entry.includes('@') || entry.endsWith(`@${revision}`));
const covers = (entry, scenario, id) => entry.split('@')[0] === `${scenario}/${id}`;
