"""What every command uses: steps, trees of files, interrupts."""
