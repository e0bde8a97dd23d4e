"""What Ansible shows of runs, tasks and jobs, turned into events. Nothing here waits for a network or an ingester.

`launches` is the way in for actions, which run in worker processes: `launches.tell(…)` tells of a launch at once.
"""
