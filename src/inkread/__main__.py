"""`python -m inkread`: the command, where the environment's scripts are not on the path."""

from inkread.cli.start import main

if __name__ == "__main__":
    main()
