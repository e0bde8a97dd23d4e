package io.jobledger.sink.mirror.s3;

import io.jobledger.config.S3Settings;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.bucket.Reasons;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/** Makes the SDK's client, as many stores as possible understand it, and as the outbox wants it: it tries once. */
final class S3Clients {
    /** What stores that know no regions expect a request to be signed for. */
    private static final Region ANY = Region.US_EAST_1;

    private S3Clients() {}

    /** Takes a second, connects to nothing. Throws {@link MirrorException} when the settings cannot be used. */
    static S3Client build(AwsCredentialsProvider credentials, SdkHttpClient http, Region region, S3Settings settings) {
        S3ClientBuilder builder = S3Client.builder()
                .credentialsProvider(credentials)
                .httpClient(http)
                .region(region)
                // A hidden second try would hold up the workers of the outbox.
                .overrideConfiguration(override -> override.retryStrategy(retries -> retries.maxAttempts(1)))
                // Its newer checksums come in a form that many stores refuse; each put has its MD5 all the same.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .serviceConfiguration(S3Configuration.builder()
                        .pathStyleAccessEnabled(settings.bucketInPath())
                        .chunkedEncodingEnabled(false)
                        .build());
        if (settings.endpoint() != null) {
            builder.endpointOverride(URI.create(settings.endpoint()));
        }
        return builder.build();
    }

    /** The region that is set, or that the environment, the profile or the machine names. */
    static Region region(S3Settings settings) {
        if (settings.region() != null) {
            return Region.of(settings.region());
        }
        try {
            return settings.endpoint() == null ? new DefaultAwsRegionProviderChain().getRegion() : withoutMachine();
        } catch (SdkClientException e) {
            throw MirrorException.lasting(
                    "no region is known for s3:// mirrors: give s3-region in the settings, AWS_REGION in the"
                            + " environment, or region = … in the profile; a store of your own needs s3-endpoint",
                    e);
        }
    }

    /** At an endpoint that is no machine of AWS, nobody asks the instance. */
    private static Region withoutMachine() {
        String named = System.getenv("AWS_REGION");
        return named == null || named.isEmpty() ? ANY : Region.of(named);
    }

    static SdkHttpClient http(S3Settings settings) {
        UrlConnectionHttpClient.Builder builder = UrlConnectionHttpClient.builder()
                .connectionTimeout(settings.connectTimeout())
                .socketTimeout(settings.readTimeout());
        if (settings.caFile() != null) {
            TrustManager[] trusted = trusted(settings.caFile());
            builder.tlsTrustManagersProvider(() -> trusted);
        }
        return builder.build();
    }

    private static TrustManager[] trusted(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> read =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (read.isEmpty()) {
                throw new GeneralSecurityException("it holds no certificate");
            }
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate : read) {
                store.setCertificateEntry("ca-" + number++, certificate);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory.getTrustManagers();
        } catch (IOException | GeneralSecurityException e) {
            throw MirrorException.lasting(
                    "the certificates of s3-ca-file, " + file + ", cannot be read (" + Reasons.innermost(e)
                            + "). It holds certificates in PEM",
                    e);
        }
    }
}
