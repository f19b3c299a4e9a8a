"""What the adapters' tests share."""

from __future__ import annotations

import os

# deepeval and ragas report their use to their makers, and deepeval reads .env files.
os.environ.update(DEEPEVAL_TELEMETRY_OPT_OUT="1", DEEPEVAL_DISABLE_DOTENV="1", RAGAS_DO_NOT_TRACK="true")
