"""One line per check: `ok NAME`, `not ok NAME: why`. `cargo xtask test --all` counts them."""

import os
import re
import sys

URL = os.environ["WATCHKEEP_MCP_RISK"]
TOKEN = os.environ["WATCHKEEP_TOKEN"]
TENANT = os.environ["WATCHKEEP_TENANT"]
# the same token with its last character changed: well-formed, and nobody's
WRONG = TOKEN[:-1] + ("1" if TOKEN[-1] == "0" else "0")

TOOLS = [
    "fetch", "get_asset_inventory", "get_kri", "get_risk", "get_run", "list_controls", "list_integrations",
    "list_kris", "list_outcomes", "list_proposals", "list_risks", "list_simulations", "list_vendors",
    "run_integration", "search", "submit_dropzone_artifact",
]
PROMPTS = ["red_kris", "review_queue", "top_risks", "weekly_risk_brief"]

_failed = 0


async def check(name, what):
    """Runs a check and tells how it went; gives what it returns, None if it failed."""
    global _failed
    try:
        got = await what()
    except Exception as error:  # whatever a client throws is this check's failure, not the driver's
        _failed += 1
        why = re.sub(r"\s+", " ", f"{type(error).__name__}: {words(error)}")[:600]
        print(f"not ok {name}: {why}", flush=True)
        return None
    print(f"ok {name}", flush=True)
    return got


def words(error):
    """The words of an error and of those that it groups or was caused by."""
    inner = [words(one) for one in getattr(error, "exceptions", [])]
    if error.__cause__ is not None:
        inner.append(words(error.__cause__))
    return " / ".join([str(error), *inner])


def expect(holds, why):
    """Fails the check unless something holds."""
    if not holds:
        raise AssertionError(str(why)[:600])


async def refused(what):
    """Fails the check unless `what` raises; gives the words of the error."""
    try:
        await what()
    except Exception as error:
        return words(error)
    raise AssertionError("it was taken")


def done():
    """Ends the driver."""
    sys.exit(1 if _failed else 0)
