"""Where things stand in the source tree."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The root of the checkout; the package is always installed in place (`make install`)."""

NODE_MODULES = ROOT / "node_modules"
SUPABASE = ROOT / "supabase"
MIGRATIONS = SUPABASE / "migrations"
FUNCTIONS = SUPABASE / "functions"
CONFIG = SUPABASE / "config.toml"
SEED = SUPABASE / "seed.sql"
