package io.jobledger.sink.mirror.oci;

import com.oracle.bmc.auth.BasicAuthenticationDetailsProvider;
import com.oracle.bmc.auth.InstancePrincipalsAuthenticationDetailsProvider;
import com.oracle.bmc.auth.ResourcePrincipalAuthenticationDetailsProvider;
import com.oracle.bmc.auth.SimpleAuthenticationDetailsProvider;
import com.oracle.bmc.auth.SimplePrivateKeySupplier;
import io.jobledger.config.OciSettings;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.bucket.Reasons;
import java.nio.file.Path;

/**
 * Who the ingester is to OCI, and where the configuration says it works.
 *
 * @param region null when neither the settings, the profile nor the environment names one; a principal then uses its
 *     own
 * @param description for people: never a secret
 */
record Credentials(BasicAuthenticationDetailsProvider provider, String region, String description) {
    /**
     * Reads and checks what the options name. A principal asks OCI's own service on the machine; everything else is
     * local.
     *
     * @throws MirrorException with the reason and the way out
     */
    static Credentials of(OciSettings options) {
        return switch (options.auth()) {
            case CONFIG_FILE -> configFile(options);
            case SESSION_TOKEN -> sessionToken(Profile.read(options.configFile(), options.profile()), options);
            case INSTANCE_PRINCIPAL -> instancePrincipal(options);
            case RESOURCE_PRINCIPAL -> resourcePrincipal(options);
        };
    }

    private static Credentials configFile(OciSettings options) {
        Profile profile = Profile.read(options.configFile(), options.profile());
        String type = profile.get("authentication_type");
        if ("instance_principal".equals(type)) {
            return instancePrincipal(options);
        }
        if ("resource_principal".equals(type)) {
            return resourcePrincipal(options);
        }
        // What 'oci session authenticate' writes has a token and no user; OCI's own tools then want to be told. Here
        // the profile says it clearly enough.
        if (profile.get("security_token_file") != null && profile.get("user") == null) {
            return sessionToken(profile, options);
        }
        Path key = profile.requirePath("key_file");
        String passPhrase = profile.get("pass_phrase");
        SimpleAuthenticationDetailsProvider.SimpleAuthenticationDetailsProviderBuilder builder =
                SimpleAuthenticationDetailsProvider.builder()
                        .tenantId(profile.require("tenancy"))
                        .userId(profile.require("user"))
                        .fingerprint(profile.require("fingerprint"))
                        .privateKeySupplier(new SimplePrivateKeySupplier(key.toString()));
        Key.check(key, passPhrase, profile.require("fingerprint"));
        if (passPhrase != null) {
            builder.passphraseCharacters(passPhrase.toCharArray());
        }
        return new Credentials(
                builder.build(),
                region(options, profile),
                "API key of the profile '" + profile.name() + "' in " + profile.file());
    }

    private static Credentials sessionToken(Profile profile, OciSettings options) {
        Path key = profile.requirePath("key_file");
        String passPhrase = profile.get("pass_phrase");
        SessionToken token = new SessionToken(profile.requirePath("security_token_file"), key, passPhrase);
        Key.check(key, passPhrase, null);
        token.getKeyId();
        return new Credentials(
                token,
                region(options, profile),
                "session token of the profile '" + profile.name() + "' in " + profile.file());
    }

    private static Credentials instancePrincipal(OciSettings options) {
        Instance.require(System.getenv(Instance.METADATA_VARIABLE), options.connectTimeout());
        try {
            return new Credentials(
                    InstancePrincipalsAuthenticationDetailsProvider.builder()
                            .detectEndpointRetries(1)
                            .timeoutForEachRetry((int) options.connectTimeout().toMillis())
                            .build(),
                    region(options, null),
                    "instance principal");
        } catch (RuntimeException e) {
            throw MirrorException.passing(
                    "OCI gave this instance no credentials (" + Reasons.innermost(e)
                            + "). See that the instance belongs to a dynamic group; docs/how-to/oci.md shows one",
                    e);
        }
    }

    private static Credentials resourcePrincipal(OciSettings options) {
        try {
            return new Credentials(
                    ResourcePrincipalAuthenticationDetailsProvider.builder().build(),
                    region(options, null),
                    "resource principal");
        } catch (RuntimeException e) {
            throw MirrorException.lasting(
                    "this process has no resource principal (" + Reasons.innermost(e)
                            + "). One is there only inside OCI's container instances and functions; elsewhere"
                            + " authenticate with a configuration file",
                    e);
        }
    }

    private static String region(OciSettings options, Profile profile) {
        if (options.region() != null) {
            return options.region();
        }
        String region = profile == null ? null : profile.get("region");
        String variable = System.getenv("OCI_REGION");
        return region != null && !region.isEmpty() ? region : variable != null && !variable.isEmpty() ? variable : null;
    }
}
