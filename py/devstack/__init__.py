"""The local stack: what Supabase runs in production, on one machine, for development, tests and the demo."""
