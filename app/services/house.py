"""The house: what every service needs, wired by `bootstrap`."""
