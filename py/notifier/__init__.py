"""The notifier: a daemon that turns the database's session events into emails.

It expands events, claims, renders and sends mail. Every rule about *what* is sent to *whom* lives
in the SQL functions of schema ``notifier``; this package only renders, transports and reports.
Run it with ``python -m notifier``.
"""
