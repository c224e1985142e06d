"""What every exported script carries, as ordinary modules: read as text and joined by `scripts`, never imported by the program."""
