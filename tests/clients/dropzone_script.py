"""The script of the book: a report goes into a Drop Zone and comes out as a KRI, as from cron."""

import asyncio
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from checks import TENANT, URL, check, done, expect

SCRIPT = pathlib.Path(__file__).parents[2] / "docs/book/examples/dropzone.py"
PROGRAM, DATA = os.environ["WATCHKEEP_PROGRAM"], os.environ["WATCHKEEP_DATA"]
ZONE = "nightly drops"

CRITICAL = {"name": "lodash", "severity": "critical", "via": [{"severity": "critical"}]}
REPORT = {
    "auditReportVersion": 2,
    "vulnerabilities": {"lodash": CRITICAL, "minimist": CRITICAL | {"name": "minimist"}},
    "metadata": {"vulnerabilities": {"info": 0, "low": 0, "moderate": 0, "high": 0, "critical": 2, "total": 2}},
}


def watchkeep(*words):
    """Runs a command of the hub in the demo's tenant; what it printed."""
    # variables of this driver that begin like the hub's own would be taken for settings
    env = {"PATH": os.environ["PATH"]}
    line = [PROGRAM, *words, "--tenant", TENANT, "--data", DATA]
    ran = subprocess.run(line, capture_output=True, text=True, env=env, timeout=60)
    expect(ran.returncode == 0, ran.stderr)
    return ran.stdout


def told(*words):
    return json.loads(watchkeep(*words, "--json"))


def script(token, *words):
    env = {"PATH": os.environ["PATH"], "HUB_URL": URL, "HUB_TOKEN": token}
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), *words], capture_output=True, text=True, env=env, timeout=120
    )
    return ran.returncode, ran.stdout, ran.stderr


async def main(folder):
    person = next(one["email"] for one in told("user", "list")["items"] if one["role"] in ("analyst", "admin"))
    token = watchkeep("token", "create", "--user", person, "--scope", "read write", "--name", "cron").strip()
    reader = watchkeep("token", "create", "--user", person, "--name", "reads").strip()
    watchkeep("dropzone", "create", ZONE)
    report = folder / "npm-audit.json"
    report.write_text(json.dumps(REPORT))
    pushing = ["--zone", ZONE, "--subject", "acme/nightly", str(report)]

    async def first():
        code, out, err = script(token, *pushing)
        expect(code == 0 and "npm-audit.json: " in out and "run " in out, (code, out, err))
        expect("known already" not in out, out)

    async def lands():
        kri = told("kri", "show", "sca_critical_open", "--samples", "50")
        mine = [one for one in kri["samples"] if one["subject"] == "acme/nightly"]
        expect([one["value"] for one in mine] == [2], mine)

    async def again():
        code, out, err = script(token, *pushing)
        expect(code == 0 and "known already" in out, (code, out, err))
        kri = told("kri", "show", "sca_critical_open", "--samples", "50")
        expect(len([one for one in kri["samples"] if one["subject"] == "acme/nightly"]) == 1, kri["samples"])

    async def several():
        code, _, err = script(token, str(report))
        expect(code != 0 and ZONE in err, (code, err))

    async def reading():
        code, _, err = script(reader, *pushing)
        expect(code != 0 and err, (code, err))

    async def binary():
        (folder / "picture.png").write_bytes(b"\x89PNG\xff")
        code, _, err = script(token, "--zone", ZONE, str(folder / "picture.png"))
        expect(code != 0 and "no text" in err, (code, err))

    await check("the report is pushed and run", first)
    await check("its value is a sample of the KRI", lands)
    await check("the same report again changes nothing", again)
    await check("with several Drop Zones one has to be named", several)
    await check("a token that only reads is refused", reading)
    await check("what is no text is told", binary)


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(pathlib.Path(folder)))
done()
