package io.jobledger.sink.mirror.oci;

import io.jobledger.config.OciSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Settings of OCI, one by one, beginning with those of an empty environment. */
record OciOptions(OciSettings settings) {
    OciOptions() {
        this(OciSettings.of(Map.of()));
    }

    OciOptions auth(OciSettings.Auth value) {
        return of(value, settings.profile(), settings.region());
    }

    OciOptions configFile(Path value) {
        return new OciOptions(settings.at(settings.endpoint(), value));
    }

    OciOptions profile(String value) {
        return of(settings.auth(), value, settings.region());
    }

    OciOptions region(String value) {
        return of(settings.auth(), settings.profile(), value);
    }

    OciOptions endpoint(String value) {
        return new OciOptions(settings.at(value, settings.configFile()));
    }

    OciOptions timeouts(Duration connect, Duration read) {
        return new OciOptions(new OciSettings(
                settings.auth(),
                settings.configFile(),
                settings.profile(),
                settings.region(),
                settings.endpoint(),
                connect,
                read));
    }

    private OciOptions of(OciSettings.Auth auth, String profile, String region) {
        return new OciOptions(new OciSettings(
                auth,
                settings.configFile(),
                profile,
                region,
                settings.endpoint(),
                settings.connectTimeout(),
                settings.readTimeout()));
    }
}
