package io.jobledger.json;

/**
 * One thing that is wrong with an input.
 *
 * @param field the field's name, dotted where it is nested
 * @param detail the rule it breaks, as the end of a sentence that begins with the field
 */
public record FieldFault(String field, String detail) {
    @Override
    public String toString() {
        return field + " " + detail;
    }
}
