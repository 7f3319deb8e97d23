"""`python -m nugauge`: the command `nugauge`."""

from macros.cli import main

if __name__ == "__main__":
    main()
