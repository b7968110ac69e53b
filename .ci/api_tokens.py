"""For schemathesis, run by api.py: each request has the next of the tokens, since one is heard only so often."""

import itertools
import os

import schemathesis

TOKENS = itertools.cycle(os.environ["API_TOKENS"].split())


@schemathesis.auth(refresh_interval=None)
class NextToken:
    def get(self, case, context):
        return next(TOKENS)

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
