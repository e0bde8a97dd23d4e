"""What Ansible shows of runs, tasks and jobs, turned into events. Nothing here waits for a network or an ingester."""
