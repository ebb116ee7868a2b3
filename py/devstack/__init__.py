"""The local stack: what Supabase runs in production, for development, tests and the demo."""
