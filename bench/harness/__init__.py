"""What every benchmark needs: statistics, the programs that are measured, and reports. Standard library only."""
