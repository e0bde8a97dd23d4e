package io.jobledger.ledger;

import io.jobledger.ledger.query.LogPlace;
import io.jobledger.ledger.query.News;
import java.util.List;

/** What sinks follow: news, in the order of the log. Calls block. For one reader at a time; see {@link Ledger#news}. */
public interface NewsSource {
    /**
     * News, and how far was read.
     *
     * @param upTo there are no other news up to this place
     */
    record Part(List<News> news, LogPlace upTo) {
        public Part {
            news = List.copyOf(news);
        }
    }

    /**
     * What follows a place, as far as it is in the records, some hundreds of entries at a time. Where nothing follows,
     * or the records are being computed again, the part ends where it begins.
     */
    Part after(LogPlace place);
}
