"""The client_id on the wire, and the reference that everything inside knows the client by.

They are the same, except for a client with a metadata document: its client_id is the document's address, and its
reference is derived from that address, so it needs no lookup and never changes
(draft-ietf-oauth-client-id-metadata-document §2).
"""

from hashlib import sha256

from oauthsrv.oauth.uris import LONGEST


def is_document_url(client_id: str) -> bool:
    """Whether it is the address of a document; no client ID made here looks like one."""
    return client_id.startswith(("https://", "http://")) and len(client_id) <= LONGEST


def reference_of(client_id: str) -> str:
    """The reference of whatever was sent: what is neither an address nor a reference stays as it is."""
    if not is_document_url(client_id):
        return client_id
    return "cli_" + sha256(b"document " + client_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
