package io.jobledger.model;

/** What may be written as UTF-8 and read again as it was. */
public final class Unicode {
    private Unicode() {}

    /**
     * Whether every surrogate of the text has its other half. By hand, because an encoder for each name of each answer
     * costs more than all other checks.
     */
    public static boolean isSound(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)
                    && (!Character.isHighSurrogate(c)
                            || ++i == text.length()
                            || !Character.isLowSurrogate(text.charAt(i)))) {
                return false;
            }
        }
        return true;
    }
}
