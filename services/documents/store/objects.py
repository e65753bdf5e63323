"""A write-once object store over obstore: a local folder and S3 behave alike; what is there may only go.

What comes in is encrypted already, so content is compared byte for byte: a caller that repeats a write must
repeat the same ciphertext, or it meets ObjectConflict and knows that somebody stored first.
"""

import asyncio
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, from_url

KEY = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*", re.ASCII)


class StoreError(Exception):
    """Base of what a store answers with; the text names keys, never content."""


class ObjectConflict(StoreError):
    """The key exists with other content. Not cured by trying again: read what is there."""


class ObjectMissing(StoreError):
    """There is nothing under this key."""


class StoreUnavailable(StoreError):
    """The store did not answer or refused; trying again later may help."""


class ObjectStore:
    """`url` is `file:///…` (the folder is made if missing) or `s3://bucket/prefix`.

    S3 credentials come from the environment. Keys are relative paths of names out of letters, digits, `-`,
    `_` and `.`, such as `documents/<id>.pdf.enc`; any other is a ValueError.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        self._store = LocalStore(self._folder, mkdir=True) if self._folder else from_url(url)

    async def put(self, key: str, content: bytes) -> None:
        """Store `content` under `key`, durable on return.

        The same content again is fine. Raises ObjectConflict, StoreUnavailable.
        """
        _require_key(key)
        try:
            await obstore.put_async(self._store, key, content, mode="create", use_multipart=False)
        except AlreadyExistsError:
            if await self.get(key) != content:
                raise ObjectConflict(key) from None
        except (BaseError, OSError) as error:
            raise StoreUnavailable(f"{key}: {type(error).__name__}") from error
        if self._folder:
            await asyncio.to_thread(_flush, self._folder / key, self._folder)

    async def get(self, key: str) -> bytes:
        """The content under `key`. Raises ObjectMissing, StoreUnavailable."""
        _require_key(key)
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except (NotFoundError, FileNotFoundError):
            raise ObjectMissing(key) from None
        except (BaseError, OSError) as error:
            raise StoreUnavailable(f"{key}: {type(error).__name__}") from error

    async def delete(self, key: str) -> None:
        """Takes away what is under `key`, if anything. Raises StoreUnavailable."""
        _require_key(key)
        try:
            await obstore.delete_async(self._store, key)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise StoreUnavailable(f"{key}: {type(error).__name__}") from error

    async def exists(self, key: str) -> bool:
        """Whether there is something under `key`. Raises StoreUnavailable."""
        _require_key(key)
        try:
            await obstore.head_async(self._store, key)
        except (NotFoundError, FileNotFoundError):
            return False
        except (BaseError, OSError) as error:
            raise StoreUnavailable(f"{key}: {type(error).__name__}") from error
        return True


def _require_key(key: str) -> None:
    if not KEY.fullmatch(key):
        raise ValueError(f"not an object key: {key!r}")


def _flush(file: Path, root: Path) -> None:
    """Bring a file and the folders that lead to it to the disk: the local store leaves that to chance."""
    for path in (file, *file.parents):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if path == root:
            return
