"""One MCP tool, `list_kris`, the way a careful Python team would serve it: FastMCP on uvicorn with uvloop and httptools,
the sqlite3 module with cached statements, one commit that is on the disk before the answer.

    python server.py init  --data FILE --token TOKEN     makes the database
    python server.py serve --data FILE --port PORT [--mode stateless|sessions] [--workers N]
    python server.py audit --data FILE                   prints the number of audit rows
"""

import argparse
import hashlib
import json
import os
import sqlite3
import time
import uuid
from pathlib import Path
from typing import Annotated, Literal

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth import AccessToken, TokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field
from typing_extensions import NotRequired, TypedDict  # pydantic asks for this one before Python 3.12

# ---- the database. Calls of it stay on the event loop: a hop to a thread costs more than the 51 rows.


def connect(file: str) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=5, isolation_level=None, cached_statements=64)
    db.execute("PRAGMA synchronous = FULL")
    return db


def make(file: str, token: str) -> None:
    db = connect(file)
    db.executescript((Path(__file__).parent.parent / "tables.sql").read_text())
    in_a_year = int((time.time() + 365 * 86_400) * 1e6)
    row = (hashlib.sha256(token.encode()).digest(), "tok_1", "bench", "mcp:read", in_a_year)
    db.execute("INSERT INTO token VALUES (?, ?, 1, ?, ?, ?, NULL)", row)
    db.close()


FIND_TOKEN = """
SELECT k.id, k.scopes, k.expires_at, t.id FROM token k JOIN tenant t ON t.id = k.tenant_id
WHERE k.hash = ? AND k.revoked_at IS NULL AND t.active = 1"""

LIST_KRIS = """
SELECT id, slug, name, category, value, unit, numerator, denominator, state, status, trend, slope, direction, amber,
       red, target, observed_at, source_id, source_name, source_kind, via_mcp, quality
FROM kri WHERE tenant_id = ?1 AND slug > ?2 AND (?3 IS NULL OR status = ?3) AND (?4 IS NULL OR category = ?4)
ORDER BY slug LIMIT ?5"""

INSERT_AUDIT = """
INSERT INTO audit (tenant_id, at, event, actor, client, tool, args_sha256, status, duration_us, request_id)
VALUES (?, ?, 'MCP_TOOL_CALLED', ?, ?, ?, ?, ?, ?, ?)"""

# ---- what a KRI looks like; FastMCP makes the output schema of it

Status = Literal["green", "amber", "red", "unknown"]


class Source(TypedDict):
    integrationId: str
    name: str
    kind: str
    viaMcp: bool


class Thresholds(TypedDict):
    direction: str
    amber: float
    red: float
    target: NotRequired[float]


class Kri(TypedDict):
    id: str
    slug: str
    name: str
    category: str
    value: NotRequired[float]
    unit: str
    numerator: NotRequired[float]
    denominator: NotRequired[float]
    state: Literal["ok", "unknown", "stale", "unavailable", "error"]
    status: Status
    trend: Literal["improving", "stable", "worsening", "insufficient"]
    slope: NotRequired[float]
    thresholds: Thresholds
    observedAt: str
    source: Source
    alsoSources: list[Source]
    quality: Literal["complete", "partial", "extracted", "manual"]


class Kris(TypedDict):
    items: list[Kri]
    nextCursor: NotRequired[str]
    truncated: bool


def kri(row: tuple) -> Kri:
    (id, slug, name, category, value, unit, numerator, denominator, state, status, trend, slope, direction, amber, red,
     target, observed_at, source_id, source_name, source_kind, via_mcp, quality) = row  # fmt: skip
    it: Kri = {
        "id": id,
        "slug": slug,
        "name": name,
        "category": category,
        "unit": unit,
        "state": state,
        "status": status,
        "trend": trend,
        "thresholds": {"direction": direction, "amber": amber, "red": red},
        "observedAt": observed_at,
        "source": {"integrationId": source_id, "name": source_name, "kind": source_kind, "viaMcp": via_mcp == 1},
        "alsoSources": [],
        "quality": quality,
    }
    # null columns are absent in the answer
    if value is not None:
        it["value"] = value
    if numerator is not None:
        it["numerator"] = numerator
    if denominator is not None:
        it["denominator"] = denominator
    if slope is not None:
        it["slope"] = slope
    if target is not None:
        it["thresholds"]["target"] = target
    return it


# ---- the server


class Tokens(TokenVerifier):
    def __init__(self, db: sqlite3.Connection):
        super().__init__(required_scopes=["mcp:read"])
        self.db = db

    async def verify_token(self, token: str) -> AccessToken | None:
        row = self.db.execute(FIND_TOKEN, (hashlib.sha256(token.encode()).digest(),)).fetchone()
        if row is None or row[2] < time.time() * 1e6:
            return None
        id, scopes, expires_at, tenant = row
        claims = {"tenant": tenant}
        return AccessToken(
            token=token, client_id=id, scopes=scopes.split(), expires_at=expires_at // 1_000_000, claims=claims
        )


def app():
    """The ASGI application of one worker; uvicorn calls it in each."""
    db = connect(os.environ["BENCH_DATA"])
    mcp = FastMCP("bench-fastmcp", auth=Tokens(db))

    @mcp.tool(title="List KRIs", annotations={"readOnlyHint": True})
    async def list_kris(
        status: Status | None = None,
        category: str | None = None,
        limit: Annotated[int, Field(ge=1, le=200)] = 50,
        cursor: str | None = None,
    ) -> Kris:
        """Key risk indicators of this tenant with value, status, trend, thresholds and source, by slug."""
        started = time.perf_counter()
        token = get_access_token()
        tenant = token.claims["tenant"]
        rows = db.execute(LIST_KRIS, (tenant, cursor or "", status, category, limit + 1)).fetchall()
        answer: Kris = {"items": [kri(row) for row in rows[:limit]], "truncated": False}
        if len(rows) > limit:
            answer["nextCursor"] = rows[limit - 1][1]
        args = json.dumps({"status": status, "category": category, "limit": limit, "cursor": cursor}, sort_keys=True)
        took = int((time.perf_counter() - started) * 1e6)
        digest = hashlib.sha256(args.encode()).digest()
        row = (tenant, int(time.time() * 1e6), token.client_id, "bench", "list_kris", digest, "ok", took)
        db.execute(INSERT_AUDIT, (*row, str(uuid.uuid4())))
        return answer

    stateless = os.environ["BENCH_MODE"] == "stateless"
    return mcp.http_app(path="/mcp", json_response=True, stateless_http=stateless)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["init", "serve", "audit"])
    parser.add_argument("--data", required=True)
    parser.add_argument("--token")
    parser.add_argument("--port", type=int)
    parser.add_argument("--mode", choices=["stateless", "sessions"], default="stateless")
    parser.add_argument("--workers", type=int, default=1)
    flags = parser.parse_args()
    if flags.verb == "init":
        make(flags.data, flags.token)
        return
    if flags.verb == "audit":
        print(connect(flags.data).execute("SELECT count(*) FROM audit").fetchone()[0])
        return
    os.environ.update(BENCH_DATA=flags.data, BENCH_MODE=flags.mode)
    uvicorn.run(
        "server:app",
        factory=True,
        app_dir=str(Path(__file__).parent),
        host="127.0.0.1",
        port=flags.port,
        workers=flags.workers,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
