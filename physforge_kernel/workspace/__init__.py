"""The workspace: datasets with immutable versions, jobs, artifacts and reports, as records that last.

In come files, fields and requests to run a job; out come exact versions, durable job records and their
artifacts. Here it is embedded: SQLite and a content-addressed folder under one home. The room imports
`fields`, to describe what is uploaded, and nothing scientific; validators of job configs, what starts the
runner and what renders a report are handed in.
"""
