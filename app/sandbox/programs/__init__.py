"""Programs that the sandbox worker is handed as text; each defines `main(payload, source)`. Never imported by the application."""
