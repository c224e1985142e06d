"""`python -m app` is the console script `keygraft`."""

from app.cli.main import main

if __name__ == "__main__":
    main()
