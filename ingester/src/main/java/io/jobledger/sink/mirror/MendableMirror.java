package io.jobledger.sink.mirror;

import io.jobledger.model.JobRecord;

/** A mirror whose records lie open, where others may damage them: each can be put again whatever stands there now. */
public interface MendableMirror extends Mirror {
    /**
     * Puts a record in place of whatever is there.
     *
     * @throws MirrorException when it cannot
     */
    void replace(JobRecord record);
}
