# oauthsrv as a service of systemd 240 or newer, made by `oauthsrv systemd`.
[Unit]
Description=oauthsrv, an OAuth 2.1 authorization server
After=network-online.target postgresql.service redis-server.service valkey.service
Wants=network-online.target
# Databases on other machines may start later: it tries again for as long as that takes.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${program} -P -m oauthsrv serve
Environment=OAUTHSRV_LISTEN=${listen} OAUTHSRV_DATA_DIR=%S/oauthsrv
# All other settings, including passwords: only root can read them.
EnvironmentFile=${settings_file}
# A user that exists while the service runs; its data is in /var/lib/oauthsrv.
DynamicUser=yes
StateDirectory=oauthsrv
StateDirectoryMode=0700
WorkingDirectory=%S/oauthsrv
UMask=0077
Restart=on-failure
RestartSec=5
# A signal to the parent: it lets its workers finish.
KillMode=mixed
TimeoutStopSec=30
LimitNOFILE=65536

% if needs_capability:
# For a port below 1024.
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
% else:
CapabilityBoundingSet=
% endif
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=${"read-only" if is_in_home else "yes"}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
