"""An example installation: forty people, twelve apps, and ninety days of what they did (`run.py demo`).

`people` and `apps` are the tables of who there is; the other modules tell what became of it, each its part.
"""
