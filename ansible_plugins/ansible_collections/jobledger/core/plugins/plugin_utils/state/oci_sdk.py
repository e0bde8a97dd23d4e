# Copyright 2026 Jobledger contributors
# GNU General Public License v3.0 or later, or Apache License 2.0, as you choose: see LICENSES/
# SPDX-License-Identifier: GPL-3.0-or-later OR Apache-2.0
"""Objects through the official OCI Python SDK, where it is installed. Not thread-safe."""

from __future__ import annotations

import importlib.util
import os

from . import oci_errors, record
from .oci_profile import Profile
from .record import StateError


def sdk_is_there() -> bool:
    """Return whether the SDK can be imported; does not import it, which takes a second."""
    return importlib.util.find_spec("oci") is not None and importlib.util.find_spec("oci.object_storage") is not None


class SdkObjects:
    """The objects of one bucket. The client is made at the first use. `timeout` is in seconds, for connect and read
    each.
    """

    def __init__(self, bucket: str, namespace: str, profile: Profile, timeout: float) -> None:
        self._bucket = bucket
        self._namespace = namespace
        self._profile = profile
        self._timeout = timeout
        self._client = None

    def get(self, name: str) -> bytes | None:
        """Return the object's bytes, None when there is none. Raises Passing or StateError."""

        def read(client) -> bytes:
            answer = client.get_object(self._namespace, self._bucket, name)
            if int(answer.headers.get("content-length") or 0) > record.MAX_BYTES:
                raise StateError(
                    "the object %s in the bucket %s is larger than %d bytes: it is no state file"
                    % (name, self._bucket, record.MAX_BYTES)
                )
            return answer.data.content

        return self._call(read)

    def put(self, name: str, data: bytes, metadata: dict) -> None:
        """Write the object. Raises Passing or StateError."""
        self._call(
            lambda client: client.put_object(
                self._namespace, self._bucket, name, data, content_type="application/json", opc_meta=metadata
            )
        )

    def names(self, prefix: str) -> list[str]:
        """Return the names of all objects that begin so. Raises Passing or StateError."""
        found, start = [], None
        while True:
            options = {
                key: value for key, value in (("prefix", prefix or None), ("start", start), ("fields", "name")) if value
            }
            page = self._call(lambda client: client.list_objects(self._namespace, self._bucket, **options)).data
            found += [entry.name for entry in page.objects]
            start = page.next_start_with
            if not start:
                return found

    def delete(self, name: str) -> None:
        """Remove the object; one that is not there is removed. Raises Passing or StateError."""
        self._call(lambda client: client.delete_object(self._namespace, self._bucket, name))

    def _call(self, operation):
        import oci

        try:
            return operation(self._connected(oci))
        except oci.exceptions.ServiceError as error:
            if error.code == "ObjectNotFound":
                return None
            raise oci_errors.explain(
                error.status, error.code, error.message, self._bucket, self._namespace, str(self._profile)
            ) from None
        except (oci.exceptions.InvalidPrivateKey, oci.exceptions.MissingPrivateKeyPassphrase):
            raise StateError(
                "the key file of %s is no private key in PEM, or its pass phrase is missing or wrong. Name the right "
                "file in key_file, "
                "and the phrase in pass_phrase." % self._profile
            ) from None
        except (oci.exceptions.ClientError, ValueError) as error:
            raise StateError("%s cannot be used: %s" % (self._profile, " ".join(str(error).split())[:300])) from None
        except OSError as error:
            # All of the SDK's network exceptions are; so is a file of the profile that vanished.
            raise oci_errors.unreachable(self._profile.endpoint, _reason(error)) from None

    def _connected(self, oci):
        if self._client is None:
            profile = self._profile
            options = {
                "retry_strategy": oci.retry.NoneRetryStrategy(),
                "timeout": (self._timeout, self._timeout),
                "circuit_breaker_strategy": oci.circuit_breaker.NoCircuitBreakerStrategy(),
            }
            if profile.endpoint:
                options["service_endpoint"] = profile.endpoint
            config, signer = _credentials(oci, profile)
            if signer is not None:
                options["signer"] = signer
            self._client = oci.object_storage.ObjectStorageClient(config, **options)
        return self._client


def _credentials(oci, profile: Profile) -> tuple:
    if profile.auth == "instance_principal":
        return _with_region({}, profile), oci.auth.signers.InstancePrincipalsSecurityTokenSigner()
    if profile.auth == "resource_principal":
        return _with_region({}, profile), oci.auth.signers.get_resource_principals_signer()
    if not profile.from_file:
        raise StateError(
            "OCI_CLI_AUTH is %s; the SDK's way knows api_key, security_token, instance_principal and resource_principal"
            % profile.auth
        )
    config = _with_region(oci.config.from_file(profile.file, profile.name), profile)
    if not config.get("security_token_file"):
        return config, None
    with open(os.path.expanduser(config["security_token_file"]), encoding="utf-8") as file:
        token = file.read().strip()
    key = oci.signer.load_private_key_from_file(config["key_file"], config.get("pass_phrase"))
    return config, oci.auth.signers.SecurityTokenSigner(token, key)


def _with_region(config: dict, profile: Profile) -> dict:
    # With an endpoint the region only has to be there; the endpoint is where requests go.
    region = profile.region or config.get("region") or ("us-ashburn-1" if profile.endpoint else "")
    return dict(config, region=region) if region else config


def _reason(error: BaseException) -> str:
    cause = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__
    return str(cause) or type(cause).__name__
