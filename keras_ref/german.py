"""The walkthrough in German: every text of walkthrough.py, each beside its translation.

Whoever changes a text there changes it here: a text that is not found here is an error, so the two can't part.
"""

import re

from matplotlib.figure import Figure
from matplotlib.table import Table
from matplotlib.text import Text

# What the program prints, and writes into its figures.
WORDS = {
    "engine:": "Engine:",
    "devices:": "Geräte:",
    "Figure {}: {} ({})": "Abbildung {}: {} ({})",
    "some features of the first sample:": "einige Features des ersten Samples:",
    "largest grey value:": "größter Grauwert:",
    "smallest grey value:": "kleinster Grauwert:",
    "some training digits": "einige Trainingsziffern",
    "some test digits": "einige Testziffern",
    "label of the first sample:": "Label des ersten Samples:",
    "the same, one-hot:": "dasselbe one-hot:",
    "samples per digit:": "Samples je Ziffer:",
    "distance to the mean:": "Abstand zum Mittel:",
    "how many training digits there are of each kind": "wie oft jede Ziffer in den Trainingsdaten vorkommt",
    "It took {:.1f} s": "Es dauerte {:.1f} s",
    "accuracy over the epochs": "die Genauigkeit über die Epochen",
    "loss over the epochs": "der Fehler über die Epochen",
    "test loss {:.4f}, test accuracy {:.4f}": "auf den Testziffern: Fehler {:.4f}, Genauigkeit {:.4f}",
    "saved to": "gespeichert in",
    "the first layer's biases, 18 x 18": "der Bias jeder Einheit der ersten Schicht, 18 × 18",
    "the second layer's biases, 6 x 6": "der Bias jeder Einheit der zweiten Schicht, 6 × 6",
    "the last layer's biases, 10": "der Bias jeder Einheit der letzten Schicht, 10",
    "the first layer's weights, unit by unit": "die Gewichte der ersten Schicht, Einheit für Einheit",
    "an answer:": "eine Antwort:",
    "the largest probability in it:": "die größte Wahrscheinlichkeit darin:",
    "its position, the digit:": "ihre Stelle, also die Ziffer:",
    "{} are right, {} are wrong": "{} sind richtig, {} sind falsch",
    "some that were recognised": "einige, die erkannt wurden",
    "some that were not": "einige, die nicht erkannt wurden",
    "what each digit was taken for": "wofür jede Ziffer gehalten wurde",
    "the mistakes of each digit": "die Irrtümer je Ziffer",
    "a {}; the net says {} with {:.2%}": "eine {}; das Netz sagt {}, zu {:.2%}",
    "{}: digit {} is {}": "{}: Ziffer Nummer {} ist {}",
    "The hardest that was recognised": "Der härteste Fall, der erkannt wurde",
    "the hardest that was recognised, with only {:.2%}": "der härteste Fall, der erkannt wurde, mit nur {:.2%}",
    "The surest mistake": "Der sicherste Irrtum",
    "The narrowest mistake": "Der knappste Irrtum",
    "the surest and the narrowest mistake": "der sicherste und der knappste Irrtum",
    "{:7,} weights:": "{:7,} Gewichte:",
    "{:6} a batch, {:6} steps an epoch:": "{:6} je Batch, {:6} Schritte je Epoche:",
    "two curves that part": "zwei Kurven, die sich trennen",
    "epoch {}:": "Epoche {}:",
    "EarlyStopping ended the training after {} epochs": "EarlyStopping hat das Training nach {} Epochen beendet",
    "the net above": "das Netz von oben",
    "scaled": "skaliert",
    "scaled, relu": "skaliert, relu",
    "scaled, relu, 1024 and 1024 units": "skaliert, relu, 1024 und 1024 Einheiten",
    "the same with dropout": "dasselbe mit Dropout",
    "the same with Adam and a falling rate": "dasselbe mit Adam und sinkender Rate",
    "validation {:.4f}, test {:.4f}": "Validierung {:.4f}, Test {:.4f}",
    "Chosen: {}. Trained with the validation digits, too: test {:.4f}": (
        "Gewählt: {}. Auch mit den Validierungsziffern trainiert: Test {:.4f}"
    ),
    "Training digits": "Trainingsziffern",
    "Test digits": "Testziffern",
    "Training digits of each kind": "Wie oft jede Ziffer vorkommt",
    "digit": "Ziffer",
    "samples": "Samples",
    "mean; above the bars the distance to it": "Mittel; über den Balken der Abstand dazu",
    "epoch": "Epoche",
    "accuracy": "Genauigkeit",
    "loss": "Fehler",
    "Training and validation accuracy": "Genauigkeit in Training und Validierung",
    "Training and validation loss": "Fehler in Training und Validierung",
    "training, while it went on": "Training, während es lief",
    "validation, after each epoch": "Validierung, nach jeder Epoche",
    "best epoch of the validation": "beste Epoche der Validierung",
    "Biases of the first layer": "Bias der ersten Schicht",
    "Biases of the second layer": "Bias der zweiten Schicht",
    "Biases of the last layer": "Bias der letzten Schicht",
    "level": "Stufe",
    "What each of the 324 units of the first layer looks at": "Worauf jede der 324 Einheiten der ersten Schicht achtet",
    "weight": "Gewicht",
    "Recognised": "Erkannt",
    "Mistaken": "Nicht erkannt",
    "What each test digit was taken for": "Wofür jede Testziffer gehalten wurde",
    "taken for": "gehalten für",
    "Mistakes of each digit": "Irrtümer je Ziffer",
    "mistaken": "nicht erkannt",
    "share": "Anteil",
    "most often for": "am häufigsten für",
    "none": "keine",
    "probability": "Wahrscheinlichkeit",
    "its label": "ihr Label",
}

# The text between its lines of code.
CELLS = {
    """\
# From handwritten digits to a trained net

The steps of a German walkthrough for beginners, in their order: get to know the data, prepare it, put a net together,
train it, test it, save it, and look at what it has learned. The same lines run on Keras and on tinydnn: only the
import differs.

As a program: `python keras_ref/walkthrough.py --engine tinydnn`, or `--engine keras`. It writes its figures, and the
saved net, into a folder. As a notebook: `docs/walkthrough.ipynb`, and in German `docs/rundgang.ipynb`; both are made
from this file.
""": """\
# Von handgeschriebenen Ziffern zum trainierten Netz

Die Schritte einer deutschen Anleitung für Einsteiger, in ihrer Reihenfolge: die Daten kennenlernen, sie vorbereiten,
ein Netz zusammensetzen, es trainieren, prüfen und speichern, und ansehen, was es gelernt hat. Dieselben Zeilen laufen
mit Keras und mit tinydnn: Nur der Import ist ein anderer.

Als Programm: `python keras_ref/walkthrough.py --german`, mit Keras: `--german --engine keras`. Es schreibt seine
Abbildungen und das gespeicherte Netz in einen Ordner. Als Notebook: `docs/rundgang.ipynb`, auf Englisch
`docs/walkthrough.ipynb`; beide entstehen aus demselben Programm. Was Keras selbst ausgibt, bleibt englisch, und
Zahlen haben in der Ausgabe wie in Python einen Dezimalpunkt.
""",
    """\
## Get the data

MNIST has 60,000 digits to train with and 10,000 to test with. The test digits stay out of everything until the net is
done: a net is judged by what it has never seen.
""": """\
## Die Daten holen

MNIST hat 60.000 Ziffern zum Trainieren und 10.000 zum Testen. Die Testziffern bleiben außen vor, bis das Netz fertig
ist: Ein Netz misst man an dem, was es noch nie gesehen hat.
""",
    """\
## Get to know the data

- A **sample** is one data record: here, one handwritten digit.
- A **feature** is one property of it: here, the grey value of one of its 28 x 28 pixels, from 0 (paper) to 255 (ink).
- A **label** is the answer that is expected: here, which digit it is.
""": """\
## Die Daten kennenlernen

- Ein **Sample** ist ein Datensatz: hier eine handgeschriebene Ziffer.
- Ein **Feature** ist eine Eigenschaft davon: hier der Grauwert eines seiner 28 × 28 Bildpunkte, von 0 (Papier) bis 255
  (Tinte).
- Ein **Label** ist die Antwort, die erwartet wird: hier, welche Ziffer es ist.
""",
    """\
## Prepare the labels

A net can't put out a digit, but it can put out ten probabilities, one for each digit. So a label becomes ten numbers,
too: 1 for the right digit and 0 for all others. That is called one-hot.
""": """\
## Die Labels vorbereiten

Eine Ziffer kann ein Netz nicht ausgeben, aber zehn Wahrscheinlichkeiten, eine für jede Ziffer. Deshalb werden auch
aus einem Label zehn Zahlen: eine 1 bei der richtigen Ziffer, sonst lauter Nullen. Das nennt man one-hot.
""",
    """\
If nearly all samples were nines, a net that always says nine would look good. So: is there about the same number of
each digit?
""": """\
Wären fast alle Samples Neunen, so stünde ein Netz gut da, das immer „neun“ sagt. Also: Kommt jede Ziffer etwa gleich
oft vor?
""",
    """\
## Put the net together

`Reshape` lays the 28 x 28 pixels out as one row of 784 numbers. Each `Dense` layer multiplies its inputs by its
weights, adds a bias, and applies its activation; `sigmoid` squeezes every number into 0 .. 1, and `softmax` makes ten
numbers into probabilities. 324 and 36 are squares, 18 x 18 and 6 x 6, so that the layers can be shown as pictures
later.
""": """\
## Das Netz zusammensetzen

`Reshape` legt die 28 × 28 Bildpunkte hintereinander, in eine Zeile von 784 Zahlen. Jede Schicht `Dense` multipliziert
ihre Eingaben mit ihren Gewichten, zählt einen Bias dazu und wendet ihre Aktivierung an: `sigmoid` drückt jede Zahl in
den Bereich 0 bis 1, `softmax` macht aus zehn Zahlen Wahrscheinlichkeiten. 324 und 36 sind Quadratzahlen, 18 × 18 und
6 × 6, damit sich die Schichten später als Bilder zeigen lassen.
""",
    """\
## Train it

An **epoch** goes once through all training digits, 512 at a time. After each of these batches the optimizer moves all
weights a little, so that the loss of this batch becomes smaller. The last fifth of the digits is held out for
validation: it shows whether the net gets better at digits that it does not train with. The others come in random
order, so that the net can't get used to a sequence. Without a seed, each epoch has an order of its own. With one, as
here, Keras on TensorFlow takes the same order in every epoch, and tinydnn does so too.
""": """\
## Trainieren

Eine **Epoche** geht einmal durch alle Trainingsziffern, 512 auf einmal. Nach jedem dieser Batches verschiebt der
Optimizer alle Gewichte ein wenig, sodass der Fehler (loss) für diesen Batch kleiner wird. Das letzte Fünftel der
Ziffern bleibt zur Validierung zurück: Daran zeigt sich, ob das Netz auch bei Ziffern besser wird, mit denen es nicht
trainiert. Die übrigen kommen in zufälliger Reihenfolge, damit sich keine Abfolge einprägt. Ohne Seed hat jede Epoche
eine eigene Reihenfolge. Mit Seed, wie hier, nimmt Keras auf TensorFlow in jeder Epoche dieselbe, und tinydnn tut es
auch.
""",
    """\
The two curves lie close together: what the net learns of its own digits holds for others, too. More epochs would help
a little still. What it looks like when they part is [below](#When-to-stop).
""": """\
Die beiden Kurven liegen nah beieinander: Was das Netz an seinen eigenen Ziffern lernt, gilt auch für andere. Mehr
Epochen würden noch ein wenig helfen. Wie es aussieht, wenn sich die Kurven trennen, steht [weiter
unten](#Wann-man-aufhören-sollte).
""",
    """\
## Test it

Now, and only now, the test digits.
""": """\
## Testen

Jetzt, und erst jetzt, die Testziffern.
""",
    """\
## Save it

The net in two files: how it is built, as JSON, and what it has learned, as HDF5.
""": """\
## Speichern

Das Netz in zwei Dateien: wie es gebaut ist, als JSON, und was es gelernt hat, als HDF5.
""",
    """\
## How does the net see the world?

The biases of each layer as a picture: the brighter, the larger. The post draws the same three pictures and calls them
the layers' weight matrices, but a layer gives two arrays, its weights and its biases, and these are the second ones:
one number for each unit. There is not much to be read from them, but outliers would show.
""": """\
## Wie sieht das Netz die Welt?

Der Bias jeder Einheit, Schicht für Schicht als Bild: je heller, desto größer. Die Anleitung zeichnet dieselben drei
Bilder und nennt sie Gewichtsmatrizen; eine Schicht liefert aber zwei Arrays, ihre Gewichte und ihre Biaswerte, und
dies sind die zweiten: eine Zahl je Einheit. Viel lässt sich daran nicht ablesen, doch Ausreißer würden auffallen.
""",
    """\
The weight matrices tell more. Each unit of the first layer has one for every pixel, so they are a picture of 28 x
28: what the unit looks for, and what it looks away from.
""": """\
Mehr verraten die Gewichtsmatrizen. Jede Einheit der ersten Schicht hat ein Gewicht für jeden Bildpunkt; zusammen sind
sie ein Bild von 28 × 28: wonach die Einheit sucht, und was gegen sie spricht.
""",
    """\
## Right ones and wrong ones

The net answers with ten probabilities; the largest one is its guess.
""": """\
## Richtige und falsche

Das Netz antwortet mit zehn Wahrscheinlichkeiten; die größte ist sein Tipp.
""",
    """\
## The hardest cases

Which digit was only just recognised? Of those that were right, the one with the smallest largest probability. The
same of those that were wrong is the narrowest mistake; the largest one is the mistake of which the net was surest.
""": """\
## Die härtesten Fälle

Welche Ziffer wurde gerade noch erkannt? Unter den richtigen die, deren größte Wahrscheinlichkeit am kleinsten ist.
Dieselbe Regel findet unter den falschen den knappsten Irrtum. Der sicherste ist der, bei dem diese Wahrscheinlichkeit
am größten ist.
""",
    """\
## From the smallest net up

The post advises to begin with the smallest net, and to enlarge it only while that helps. The smallest one has no
hidden layer at all: 784 inputs and 10 outputs. From here on grey values are scaled to 0 .. 1, and only the validation
digits judge.
""": """\
## Klein anfangen

Die Anleitung rät, mit dem kleinsten Netz zu beginnen und es nur zu vergrößern, solange das hilft. Das kleinste hat
gar keine verborgene Schicht: 784 Eingaben und 10 Ausgaben. Von hier an sind die Grauwerte auf 0 bis 1 skaliert, und
es urteilen allein die Ziffern der Validierung.
""",
    """\
## The size of a batch

A step takes the mean of its batch's gradients. With a batch of 1, each step follows a single digit, and a good deal
of chance; with all digits in one batch, an epoch is a single step. The batches of a few dozen or hundred between
the two are the usual ones. Here each net sees every digit the same number of times.
""": """\
## Die Größe eines Batches

Ein Schritt folgt dem Mittel der Gradienten seines Batches. Bei einem Batch von 1 folgt jeder Schritt einer einzigen
Ziffer und damit zu einem guten Teil dem Zufall; stecken alle Ziffern in einem Batch, ist eine Epoche ein einziger
Schritt. Üblich sind die Größen dazwischen, ein paar Dutzend oder Hundert. Hier sieht jedes Netz jede Ziffer gleich
oft.
""",
    """\
## When to stop

A net that trains for long gets ever better at its own digits, and at some point no better at others: it learns its
digits by heart. That is **overfitting**, and it shows where the two curves part. With relu and scaled grey values
they part soon.

`EarlyStopping` watches the validation loss. When it has not fallen for three epochs, the training ends, and the net
gets back the weights of its best epoch. Look at the accuracy, too: it hardly changes any more. What rises is the loss
of the same mistakes, of which the net becomes ever surer.
""": """\
## Wann man aufhören sollte

Ein Netz, das lange trainiert, wird bei seinen eigenen Ziffern immer besser, bei anderen irgendwann nicht mehr: Es
lernt seine Ziffern auswendig. Das heißt **Overfitting**, und man sieht es daran, dass sich die beiden Kurven trennen.
Mit relu und skalierten Grauwerten trennen sie sich bald.

`EarlyStopping` beobachtet den Fehler der Validierung. Ist er drei Epochen lang nicht gefallen, so endet das Training,
und das Netz bekommt die Gewichte seiner besten Epoche zurück. Sieh dir auch die Genauigkeit an: Sie ändert sich kaum
noch. Was steigt, ist der Fehler bei denselben Irrtümern, deren sich das Netz immer sicherer wird.
""",
    """\
## Beat it

The walkthrough dares its readers to beat 97 %. Here are some ideas, each added to the one before: grey values scaled
to 0 .. 1, relu in place of sigmoid, wider layers, dropout, and a learning rate that falls. All go through the digits
twice as often as above. Which one is best is decided by the **validation** digits alone; the test accuracy is shown
beside it, but chooses nothing. The best one is trained once more, with the validation digits too.
""": """\
## Mehr als 97 %

Die Anleitung fordert dazu auf, 97 % zu übertreffen. Hier sind einige Ideen, jede zusätzlich zur vorigen: Grauwerte
auf 0 bis 1 skaliert, relu statt sigmoid, breitere Schichten, Dropout und eine Lernrate, die sinkt. Alle gehen doppelt
so oft durch die Ziffern wie oben. Welche die beste ist, entscheiden allein die Ziffern der **Validierung**; die
Genauigkeit auf den Testziffern steht daneben, wählt aber nichts aus. Die beste wird noch einmal trainiert, nun auch
mit den Ziffern der Validierung.
""",
}

_CELL = re.compile(r"(?<=^# %% \[markdown\]\n)(?:#.*\n)+", re.MULTILINE)


def program(english: str) -> str:
    """The walkthrough's program as the German notebook has it: German between the lines of code, and one option more.

    Raises:
        KeyError: a text has no translation here, or another one than the program has now.
    """
    german = _CELL.sub(lambda cell: _commented(CELLS[re.sub("^# ?", "", cell[0], flags=re.MULTILINE)]), english)
    return german.replace('["--variants"]', '["--variants", "--german"]')


def _commented(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def translate(figure: Figure) -> None:
    """Put German words in place of a figure's own."""
    in_tables = [cell.get_text() for table in figure.findobj(Table) for cell in table.get_celld().values()]
    for text in [*figure.findobj(Text), *in_tables]:
        text.set_text(WORDS.get(text.get_text(), text.get_text()))
