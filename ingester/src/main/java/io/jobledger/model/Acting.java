package io.jobledger.model;

import java.util.Map;

/**
 * What those who act on jobs said of one: who started it once, found it, saw it or ended it.
 *
 * @param generation what makes it the same work when its playbook runs again; null where nobody said
 * @param adopted whether it is known from its file on the host alone: nobody recorded its start
 * @param endedBy who cancelled or closed it, or null
 * @param sighting the latest facts of its process, or null
 */
public record Acting(String generation, boolean adopted, String endedBy, Map<String, Object> sighting) {
    public static final Acting NONE = new Acting(null, false, null, null);
}
