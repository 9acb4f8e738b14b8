"""Lines of a small results table, used by several tests of readers."""

HEADER = (
    "year;procedure;grade;subject;municipality;school;class_group;pupil;gender;prior_mark;total"
)
ROWS = (
    "2021;ВПР;4;МА;M01;S1;а;1;м;4;12",
    "2021;ВПР;4;МА;M01;S1;А;2;ж;3;9",
    "2021;ВПР;4;МА;M02;S2;Б;1;ж;5;17",
)
