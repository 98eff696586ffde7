"""`run.py bench`: how fast this server is on this machine, and what it keeps of each token.

It starts embedded databases in a temporary folder and the real server, sends requests from a process of its own over
connections that are kept alive, and removes everything. For each kind of request it prints requests a second,
latency, the CPU time of the server, PostgreSQL and Valkey, and how often one request waits for each store. CPU time
per request is what to compare: requests a second also depend on what else the machine does, and on the sender.
`--families N` fills the databases first; `run.py bench fill` fills those that the settings name.

`row.json` has rows for a benchmark of OAuth servers that runs several servers side by side; "for an API" means that
an API introspects with its own credentials, not the app. `python -m oauthsrv.bench init | mint | serve` are its
commands.

Beside others (2026-11-28; a virtual machine with two cores, one worker or process each, 16 connections; medians of
three runs of three rounds; single rounds vary by up to half). The limit does only what no server made of these parts
can avoid; node-oidc-provider keeps refresh tokens in Valkey alone, where the other two commit to disk. The numbers
are the other's CPU time per request over ours: above 1, ours is less.

                                      of the limit    of node-oidc-provider 9    99th percentile, ms: ours, node, limit
    introspection by an app                   1.82                       3.09                         9      35      21
    client credentials                        1.29                       1.43                        14      28      22
    refresh                                   0.93                       1.38                        37      41      41
    exchange of a code                        1.06                       1.27                        42      34      36

PostgreSQL's CPU time per refresh is 0.98 of the limit's by the same measure, per exchange 0.78. One worker and the
parent take 70 to 73 MiB (PSS), node-oidc-provider 187, the limit 47.

With ten million families instead of a hundred thousand, introspection, verify and refresh take the same CPU time (0.94
to 1.04 of it), an exchange a tenth more of PostgreSQL's: the hash of its refresh token's handle goes to a random index
page.

What is kept (measured with ten million families, PostgreSQL 18 and Valkey 9; bytes with all indexes)

    access token, with the marker of its family    900  Valkey, for as long as the token lives
    authorization code                             670  Valkey, ten minutes
    family (connection)                          1,110  PostgreSQL
    grant                                          660  PostgreSQL, and 270 for the consent
    event of the audit log                         520  PostgreSQL, 400 days
    user                                           600  PostgreSQL

A billion connections, on paper (today one PostgreSQL and one Valkey serve an installation; this is not built)

A user with two grants of two connections each weighs about 8 KB, so a billion connections are 250 million users and 2
TB of PostgreSQL: four shards of 500 GB, each with its replica. A user with all grants, consents and families belongs
on one shard, chosen by the user's id; an authorization code would carry the shard's number, and so would the handle
of a refresh token, which names its family. Clients, secrets, scopes and APIs are small, change rarely, and are read
by all: on each shard a copy that follows one primary.

If a tenth of the connections have an access token at a time, Valkey holds 100 million of them: 90 GB, three nodes of
48 GB at two thirds of their memory, each with its replica; if all have, 900 GB and 28 nodes. A check reads the
token's record, its family's marker and its client's stamp in one MGET. Record and marker belong on the node that the
family's id chooses, which is part of the token; stamps (100 bytes for each client) on every node, so a change of a
client deletes as many keys as there are nodes. An exchange would take two trips again, as the code and its token are
on different nodes. Sessions go by their own hash, limits by the key that is counted. A node that is lost costs its
tokens one refresh each.

A tenth of a billion that refresh once an hour are 28,000 requests a second: multiply by the CPU times that this
benchmark prints for refresh, and divide by a million, for the cores of the server and of PostgreSQL.
"""
