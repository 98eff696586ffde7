"""The client_id on the wire, and the reference by which everything inside knows the client.

They are the same, except for a client with a metadata document: its client_id is the document's address, and its
reference is made from that address, so no lookup is needed and it never gets another one
(draft-ietf-oauth-client-id-metadata-document §2).
"""

from hashlib import sha256

from oauthsrv.oauth.uris import LONGEST


def is_document_url(client_id: str) -> bool:
    """No client ID that is made here begins like this."""
    return client_id.startswith(("https://", "http://")) and len(client_id) <= LONGEST


def reference_of(client_id: str) -> str:
    """The reference of whatever was sent: what is neither an address nor a reference stays as it is."""
    if not is_document_url(client_id):
        return client_id
    return "cli_" + sha256(b"document " + client_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
